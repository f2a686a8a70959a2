"""What people type: `fields` that several forms ask for, `sign` for the pledge, `personal` for what comes after."""
