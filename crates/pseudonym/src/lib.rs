//! The room `pseudonym` of tokumei.
