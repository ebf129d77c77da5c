"""Device programs: a stage as a pure function, compiled, kept on disk, and run; and what does without a compiler."""
