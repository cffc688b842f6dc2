"""OpenCodeReview (Alibaba): the sessions of its reviews."""
