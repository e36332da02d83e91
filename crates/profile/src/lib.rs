//! The room `profile` of tokumei.
