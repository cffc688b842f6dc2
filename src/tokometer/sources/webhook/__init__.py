"""A webhook for every gateway that has no source of its own: `POST /api/webhooks/NAME`.

What its bodies mean is settled in paths (`[[webhook]]`, see `mapped`); without that, answers of providers are
recognised in them (`recognised`). May import `records`, `settings` and other sources' machinery only.
"""
