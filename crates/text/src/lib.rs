//! The room `text` of tokumei.
