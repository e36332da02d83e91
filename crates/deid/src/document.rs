//! Blank documents that take the place of encapsulated ones.
//!
//! EncapsulatedDocument (0042,0011) has the action D in every profile: a document is not cleaned, it is replaced by an
//! empty one of the same MIME type, whose title says so.
//!
//! PS3.15 2026d, E.2 and Table E.1-1; PS3.3 2026d, C.24.2.

use tokumei_core::Tag;

/// EncapsulatedDocument (0042,0011).
pub const ENCAPSULATED_DOCUMENT: Tag = Tag(0x0042, 0x0011);
/// MIMETypeOfEncapsulatedDocument (0042,0012).
pub const MIME_TYPE: Tag = Tag(0x0042, 0x0012);
/// DocumentTitle (0042,0010).
pub const DOCUMENT_TITLE: Tag = Tag(0x0042, 0x0010);
/// EncapsulatedDocumentLength (0042,0015).
pub const DOCUMENT_LENGTH: Tag = Tag(0x0042, 0x0015);

/// The title of a blank document.
pub const TITLE: &str = "Blank document: the original was removed by de-identification";

/// Returns a blank document of a MIME type, `None` for a type of which none is known.
pub fn blank(mime_type: &str) -> Option<Vec<u8>> {
    match mime_type.to_ascii_lowercase().as_str() {
        "application/pdf" => Some(blank_pdf()),
        "text/xml" | "application/xml" => Some(blank_cda()),
        "model/stl" | "application/sla" => Some(vec![0; 84]),
        "model/obj" | "model/mtl" => Some(b"# blank\n".to_vec()),
        _ => None,
    }
}

/// One empty page of A4, written with its cross-reference table (ISO 32000-1, 7.5).
fn blank_pdf() -> Vec<u8> {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>",
    ];
    let mut pdf = String::from("%PDF-1.4\n");
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(pdf.len());
        pdf.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let start = pdf.len();
    pdf.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for offset in offsets {
        pdf.push_str(&format!("{offset:010} 00000 n \n"));
    }
    pdf.push_str(&format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1));
    pdf.into_bytes()
}

/// An HL7 Clinical Document with no content: null flavours where the schema asks for elements.
fn blank_cda() -> Vec<u8> {
    concat!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
        "<ClinicalDocument xmlns=\"urn:hl7-org:v3\">\n",
        "  <typeId root=\"2.16.840.1.113883.1.3\" extension=\"POCD_HD000040\"/>\n",
        "  <id nullFlavor=\"MSK\"/>\n",
        "  <code nullFlavor=\"MSK\"/>\n",
        "  <effectiveTime nullFlavor=\"MSK\"/>\n",
        "  <confidentialityCode nullFlavor=\"MSK\"/>\n",
        "  <recordTarget nullFlavor=\"MSK\"/>\n",
        "  <author nullFlavor=\"MSK\"/>\n",
        "  <custodian nullFlavor=\"MSK\"/>\n",
        "  <component nullFlavor=\"MSK\"/>\n",
        "</ClinicalDocument>\n",
    )
    .as_bytes()
    .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cross_reference_of_the_blank_pdf_points_at_its_objects() {
        let pdf = String::from_utf8(blank_pdf()).unwrap();
        let start: usize = pdf.split("startxref\n").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        assert!(pdf[start..].starts_with("xref\n0 4\n"));
        for (number, line) in pdf[start..].lines().skip(3).take(3).enumerate() {
            let offset: usize = line[..10].parse().unwrap();
            assert!(pdf[offset..].starts_with(&format!("{} 0 obj\n", number + 1)));
        }
    }

    #[test]
    fn unknown_kinds_of_document_have_no_blank() {
        assert!(blank("application/msword").is_none());
        assert!(blank("Application/PDF").is_some());
    }
}
