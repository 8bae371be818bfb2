"""The prompt language: from the text a person writes to the parts a network is given."""
