"""The ways a message reaches somebody: the inbox, e-mail and WhatsApp."""
