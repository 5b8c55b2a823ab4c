"""What the tests of all apps share: own servers for one run, a template database, processes under test."""
