//! The room `wire` of tokumei.
