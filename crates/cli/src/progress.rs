//! Progress on a terminal: how far, how fast, how long still. Nothing when nobody watches.
