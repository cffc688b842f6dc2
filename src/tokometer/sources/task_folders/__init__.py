"""Task folders, as Cline and its descendants keep them: what those sources share.

`tasks/<id>/` in an editor's storage of the extension has `ui_messages.json` (every message of the task, requests with
what they used among them), `api_conversation_history.json` (what was sent to the model) and, by tool and version,
`task_metadata.json`, `history_item.json`. Formats: cline/cline 2 and 3, RooCodeInc/Roo-Code 3, Kilo-Org/kilocode 4.
"""
