"""A run, from what it is fed to what its caller gets: programs and host steps in turn, committed together or not at all."""
