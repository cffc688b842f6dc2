"""Google Cloud: usage from Cloud Monitoring, and the bill that Cloud Billing exports to BigQuery."""
