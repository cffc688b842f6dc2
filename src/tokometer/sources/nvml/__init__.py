"""NVIDIA's GPUs, asked directly: by the driver's library (NVML), or by what `nvidia-smi` prints, here or elsewhere.

`library` asks the one, `smi` reads the other, `poll` makes samples of either; they have the names and units of a scrape
of DCGM's exporter.
"""
