//! The room `pixel` of tokumei.
