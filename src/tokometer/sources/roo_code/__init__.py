"""Roo Code: the task folders of its extension, which are like Cline's."""
