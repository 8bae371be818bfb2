"""The families of models: one file each that knows its weights and builds the model."""
