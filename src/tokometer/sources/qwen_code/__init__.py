"""Qwen Code: the chats that it records, a line for everything that happens.

Formats: `ChatRecord` of QwenLM/qwen-code from 0.5 on; before, the documents of Gemini CLI, of which it is a descendant.
"""
