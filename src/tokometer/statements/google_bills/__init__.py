"""The billing export of Google Cloud as files: what a query of its BigQuery table was saved as."""
