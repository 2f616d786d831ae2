"""Who comes in: settings, the ASGI application, sign-in, the command line, the pages."""
