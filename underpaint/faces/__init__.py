"""Who talks to us: one face a file or folder, and none knows another."""
