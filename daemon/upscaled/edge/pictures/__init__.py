"""Everything that touches pixels. Runs in worker processes; knows no job, no folder, no money."""
