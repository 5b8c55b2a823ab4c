"""Users and roles as pages: accounts belong to `accounts`, their places to this app."""
