"""What can be asked for: one file a modality, each a frozen value; nothing here needs torch."""
