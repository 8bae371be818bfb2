"""What makes a control picture of a picture, without weights: one file each."""
