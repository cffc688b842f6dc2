"""DeepSeek Harness: the events of its sessions, as tokscale reads them."""
