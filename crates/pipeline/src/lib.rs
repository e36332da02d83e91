//! The room `pipeline` of tokumei.
