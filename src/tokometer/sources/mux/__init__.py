"""Mux, Coder's desktop application for agents: what its workspaces used."""
