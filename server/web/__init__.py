"""What a browser is served besides the WebSocket: files, headers, who is answered."""
