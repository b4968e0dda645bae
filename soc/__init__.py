"""The centre: everything that runs at the province's SOC. Floors and ways are drawn in ARCHITECTURE.md."""
