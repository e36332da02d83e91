//! The room `standard` of tokumei.
