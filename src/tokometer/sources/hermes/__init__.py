"""Hermes Agent: its database of sessions, with what each used by model.

Schema: `hermes_state.py` of NousResearch/hermes-agent.
"""
