"""gradtui in a browser: a server, a process for each visitor, and the page that shows it."""
