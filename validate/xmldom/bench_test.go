package xmldom

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"testing"
)

// listLike makes a document shaped like a trusted list: deep indentation, few
// attributes, and certificates that are nine tenths of it.
func listLike(services int) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<TrustServiceStatusList xmlns="http://uri.etsi.org/02231/v2#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="list">` + "\n")
	der := make([]byte, 1400)
	for i := range der {
		der[i] = byte(i * 7)
	}
	text := base64.StdEncoding.EncodeToString(der)
	for i := range services {
		fmt.Fprintf(&b, "\t<TSPService>\n\t\t<ServiceInformation>\n\t\t\t<ServiceTypeIdentifier>http://uri.etsi.org/TrstSvc/Svctype/CA/QC</ServiceTypeIdentifier>\n\t\t\t<ServiceName>\n\t\t\t\t<Name xml:lang=\"en\">Service %d &amp; more</Name>\n\t\t\t</ServiceName>\n\t\t\t<ServiceDigitalIdentity>\n\t\t\t\t<DigitalId>\n\t\t\t\t\t<X509Certificate>%s</X509Certificate>\n\t\t\t\t</DigitalId>\n\t\t\t</ServiceDigitalIdentity>\n\t\t</ServiceInformation>\n\t</TSPService>\n", i, text)
	}
	b.WriteString("</TrustServiceStatusList>\n")
	return b.Bytes()
}

func speed(b *testing.B, octets int) {
	b.ReportMetric(float64(octets)*float64(b.N)/1e6/b.Elapsed().Seconds(), "MB/s")
	b.ReportAllocs()
}

func BenchmarkParse(b *testing.B) {
	doc := listLike(2000)
	for b.Loop() {
		if _, err := Parse(doc, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
	speed(b, len(doc))
}

func BenchmarkCanonicalize(b *testing.B) {
	doc := listLike(2000)
	d, err := Parse(doc, Limits{})
	if err != nil {
		b.Fatal(err)
	}
	for name, m := range map[string]Method{"exclusive": {Exclusive: true}, "inclusive": {}, "1.1": {V11: true}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := Canonicalize(io.Discard, d.Node, m, nil); err != nil {
					b.Fatal(err)
				}
			}
			speed(b, len(doc))
		})
	}
}
