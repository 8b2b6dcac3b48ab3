"""SwitchView: catch up with the stream and switch."""
