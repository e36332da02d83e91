//! The room `guard` of tokumei.
