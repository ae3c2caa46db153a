package cades

// Attributes of CAdES and its forerunners (formats §4.1; EN 319 122-1, RFC 5126).
const (
	arc = "1.2.840.113549.1.9.16.2."

	oidContentHints      = arc + "4"
	oidContentIdentifier = arc + "7"
	oidContentReference  = arc + "10"
	oidContentTimestamp  = arc + "20"
	oidSignaturePolicy   = arc + "15"
	oidCommitment        = arc + "16"
	oidSignerLocation    = arc + "17"
	oidSignerAttributes  = arc + "18"
	oidSignerAttributes2 = "0.4.0.19122.1.1"
	oidMimeType          = "0.4.0.1733.2.1"

	oidSignatureTimestamp   = arc + "14"
	oidCertificateRefs      = arc + "21"
	oidRevocationRefs       = arc + "22"
	oidCertificateValues    = arc + "23"
	oidRevocationValues     = arc + "24"
	oidCAdESCTimestamp      = arc + "25"
	oidCertCRLTimestamp     = arc + "26"
	oidAttrCertificateRefs  = arc + "44"
	oidAttrRevocationRefs   = arc + "45"
	oidArchiveTimestampV2   = arc + "48"
	oidArchiveTimestampV3   = "0.4.0.1733.2.4"
	oidInternalRecord       = arc + "49"
	oidExternalRecord       = arc + "50"
	oidSignaturePolicyStore = "0.4.0.19122.1.3"

	oidHashIndex   = "0.4.0.1733.2.5"
	oidHashIndexV2 = "0.4.0.19122.1.4"
	oidHashIndexV3 = "0.4.0.19122.1.5"

	oidSPURI = "1.2.840.113549.1.9.16.5.1"
)
