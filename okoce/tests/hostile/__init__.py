"""What the world may send: to every form, query string, path and upload that the table of addresses knows."""
