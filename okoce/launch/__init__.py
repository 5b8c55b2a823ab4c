"""Starting the whole portal on one machine: embedded services and the processes of `make run`."""
