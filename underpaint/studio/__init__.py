"""What has state: the queue, the gallery, the settings, and the studio that they make up."""
