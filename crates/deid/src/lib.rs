//! The room `deid` of tokumei.
