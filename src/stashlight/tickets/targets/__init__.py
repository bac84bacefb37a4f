"""Where incidents are sent: one module a target, found by listing this folder; its name is what `ticket` takes."""
