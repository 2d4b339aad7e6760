"""Speech to text engines behind the port Transcriber."""
