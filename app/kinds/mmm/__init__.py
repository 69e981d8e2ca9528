"""MySQL-MMM: a monitor that dials its agents, and mmm_control that dials the monitor."""
