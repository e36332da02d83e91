//! The room `verify` of tokumei.
