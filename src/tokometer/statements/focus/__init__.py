"""Bills as files: FOCUS 1.0 to 1.4 of any provider, AWS' CUR 2.0 and Azure's cost details, as CSV and Parquet.

From a folder, from S3-compatible storage, or uploaded. May import `statements.protocol`, `records`, `host` and what
sources share.
"""
