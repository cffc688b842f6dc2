"""What leaves: files for people and programs elsewhere, made from dashboards' declarations and answers.

Knows no HTTP. May import `dashboards` and what is below; imported by `server` and `cli`.
"""
