package algo

import (
	"encoding/base64"
	"errors"
	"testing"
)

// opensslVectors are signatures over "vidimus" that OpenSSL 3.0 made with throw-away
// keys: TEST KEYS, whose private halves were not kept.
var opensslVectors = []struct {
	name        string
	alg         Signature
	spki, value string
}{
	{"brainpoolP256r1", Signature{Scheme: ECDSA, Digest: SHA384},
		"MFowFAYHKoZIzj0CAQYJKyQDAwIIAQEHA0IABKf40G1tetJe8b7LMWt1EDnnB46I+sKGM5qFNRO5krsiDMROnl8O+8PdKHYcrbmM4gf0b7Pw+Wl9GO93+W2G30Q=",
		"MEUCIGLoBHSIb0+TEzHV9RQpbZKNcAVbsNESOxY4Hc9j2yQQAiEAqOR9TO8gcZrERUzwAjlFZghIxvyqhwjjYre60H8j4TU="},
	{"brainpoolP256t1", Signature{Scheme: ECDSA, Digest: SHA384},
		"MFowFAYHKoZIzj0CAQYJKyQDAwIIAQEIA0IABI9Ia10g1LhyaaIRJZoDeiFdQuaDqeJSNxTyoMWrmAhzZBalri+xqAt7HiOZKfB9GCMgzbhcreM7TGnczb3imYw=",
		"MEQCIAooKqGjHngLVzJQE6K0GJhTV9uEGxqEjbKRqCJBpHUOAiAk+xcs1yg0gP7YDb1VwTXv9/0yEsPi/bOuDC3HriOf2A=="},
	{"brainpoolP384r1", Signature{Scheme: ECDSA, Digest: SHA384},
		"MHowFAYHKoZIzj0CAQYJKyQDAwIIAQELA2IABA9PHfT6Q0QMwwx6Yvyqn9/kxE0tdz4MDYP5To7weJo+8DE1gxDR88m/p7ADEIMWGX9FoVp20XuyV2lt1Yf9OjcG6hFFTQseorb7UJRj7Bpu2kHMa77+ss88HxtrUseCmQ==",
		"MGQCMFCggxRZxs4oL/Lo1EN7ry7lIgbvse0kHjetXMRyAX1dNzW7YJgEQ8D1f9lljI4RWAIwa6Ad6PWiRmCosl+yI0zsYfle8RsqDfsTOA+bSONlQU42sgw2mV8vk6iJBObQ0ZuH"},
	{"brainpoolP384t1", Signature{Scheme: ECDSA, Digest: SHA384},
		"MHowFAYHKoZIzj0CAQYJKyQDAwIIAQEMA2IABFWsZEtwb6zK8pC6rNO4zqEeEYbv0QY5vzfgcQB08nsk2+b0khtQZb8JRT/8k7kPcESA6GEVsEJ8WuemhsD2oGlk8FEcyC8V1251P/4uZ2jU/G4TuKeGjJSlqDFt61ZmTA==",
		"MGQCMBYWGK84w/c/StGcOfuRaZBIX2rSoIOfRBqPXEb3KvgLPe09tmr6A+5bkH3VcmIjcwIwSHYI8jSDftitH50p3eBfeuDXyDyku7Wenc3dued5jqkCz4eaSM/DlZsgfX67CZBA"},
	{"brainpoolP512r1", Signature{Scheme: ECDSA, Digest: SHA384},
		"MIGbMBQGByqGSM49AgEGCSskAwMCCAEBDQOBggAEMr8c5b938iF1MuWR9UEHTFDI0V6944cWuEDgXZoj1IeA1x9oh560CTc+2Db7ehad2GHU92mI+z4fMISHQTMZcGLfgemmRkuNqcgU5ALtTU59I37ar+qtlhXO7ZfIvJPXPbBKoYqXCMUXM2zVwikV3ZvswcK8bu5ZrhpQwnrRFGs=",
		"MIGEAkAnB1SoYbIPn9D2pUVxIXZyMoVovKYmKo/LERdkiwmF0UlGnCQNtyc3C8ma6ePW3TAaR6dC6K4T2mAR7BoW6/9+AkAjotekUUBd/IZ5EONFUpOmC1rElcXwC8qOVmdpPcGcukC1NUX/SJhX4sl8/Er7HN960hLIaipdmcSW3dbxUp7u"},
	{"brainpoolP512t1", Signature{Scheme: ECDSA, Digest: SHA384},
		"MIGbMBQGByqGSM49AgEGCSskAwMCCAEBDgOBggAEDeYX6YtYGNsKK6QqNpIY1QW7sGku44ZrxdMEVsn7Y7aQmcq7MnofQjMVzf5vM0jruDLHerowJn1GQE58lMd/+j2EwxXviGDef2l9DOSbLnlc6enCZA6n/1vPMeYN1xWs+Y95rHQfJ+hjtFJi5qOc5b4+LgLGiOC0g46os2l5T/o=",
		"MIGEAkBN2f2dHU0+1fU5fEgE4GSDcow6oslEPor6ZmOWKlwT9n9SCKwzw7kLsZjX3O6EUDbQQ0mXqxEEVi69rkELgaf5AkAJhEHl2RYW9X0Rqd8v1+UD+ZW1YQogpRp1Gx4uqobcfAdrAgUH+tRiHQJjeq16ub4oxCpIrxbF413QwKPT7kVp"},
	{"P-521, SHA3-512", Signature{Scheme: ECDSA, Digest: SHA3_512},
		"MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQB+keJKkOrMjPekMFBYnRJoQ1MIzQmdIq7aTrkPlmaSmUBwlMsH8rZ/dxdHxKTuYtLIgiSFsGQ5hI5PYkXP98UM08A9z1+3UAXZfUwcGM+/8izIIGAiZw+bNhzKww+ufG8PsW19o2SUakqLSmpBGITLpXtquqCWle0Ouy9iaLZRppvN8Y=",
		"MIGIAkIBUg2cErUP+UfnVOl+ABlWiYWKH6utJTDukSxhFakK1HxHmFBjy+Q1eEeGtYnu7EtiKWYro07U4yAwGilnYRxg7lICQgD4j4DpMoDXfLrzVTWUIJEaLZ/otCfwJvIpmXT36c7p6ZIKdoscT27VecU+zXI3GkpdwLftK7iFwLJDe4bSPcnqBA=="},
	{"DSA 2048, sha1", Signature{Scheme: DSA, Digest: SHA1},
		"MIIDQjCCAjUGByqGSM44BAEwggIoAoIBAQCeUNX9oUOU+VkE5yyRxsq/FaiZH+ceFwnt1VVqG+jmOxkSpT6ANPEH//l+HPyC96XSxmxIgx8EOgIPSoWg2n2dV3RZu5UWppssyI18Pf85Xe0PAHOTQHO1EnAXbGcARahwqpO3xBXKHH2xTawX8k3D8xSYGIKAcukLejyqVbr0Fh8C70LsnIc/oiNGbOXdIZ0QdV8XlUG29ckpuD3FRZ+UUwsCOUNylkkOll4D+q4FSuaR1vMNN0g7kljs1HyMHTVclSCLbfhk0oWIu9xEmwBT/fNvyj1BFVbAwRVM0I7alA4AtLciBEv06kWimFbMp8h/Jg5ev/IUQ6TEg+AzzS4DAh0AwgrSZIsqCUZRNPILFC1FMRpwtc7cgr4iZxxGzQKCAQB1O33FiGHHaX7BZ3F8b10qLWIyeHyhz7hOfn/2J/jf4APTEg0BBfT3XIL8X789IXYGy4aJj+2dG0y8BxNpO5oFsPukETV1Nwdw/WFuSEuxBLLZJkLfo1+YR3LRvKH7+rq3Wi6aPhHCb9RfVFpiA3LXcrok15kTrEuIZzYDFHYj32xQNIFvDmJkU3a7MunKptgOrSGBbiwCUUTfPsOkz+xFmNzVEWkp9QKz/0BLhFUYy3v0Ex4ZpNroqd6kAJKf8/DnMeluP3imMd2tg7ZJ/7/WFmRMkDzMsJy7OUvYKZ3pO5hX8oS/vX7TQqaeH/f3YpcND70tBweQsiWJIZJkgcwYA4IBBQACggEAbJMZlsUz/qRc4SkY26R0uP6/wyQ+ybP0LND+N9CkclI15sSPlY4VXNEzvV09vNB9fxOVePxps/V5asg7CXUcfopAXUyhnREogDZ8ukZ1SCnNgCZvL9W/bS89J1qWGmXDk6I5knu1/cpI6wC7ngEOmBeEmasmyw9sJZQSAuXUlBooy+CSas4jGes/SOC1t655FSPhMddd6iO80s2agsjktCUsmHJzA6G2uY4FIMqeHtb/wtJV64FPG5a0L2+x6CN622U+AztdZGxVYPerUlnQOuQB9UEKag71zLiBfBjqtgIYJPCQ2/vJQ1jkRhsEaA5TFN2aqrwk/CfnxrZAhBM8Kg==",
		"MDwCHEQrhHklrmShUwJYMQ47qQbPSd2DzZBvViqILTYCHGrD68NFNnH1xliAPcoibxRYlNJs6QCAWt17Gr4="},
	{"DSA 2048, sha256", Signature{Scheme: DSA, Digest: SHA256},
		"MIIDQjCCAjUGByqGSM44BAEwggIoAoIBAQCeUNX9oUOU+VkE5yyRxsq/FaiZH+ceFwnt1VVqG+jmOxkSpT6ANPEH//l+HPyC96XSxmxIgx8EOgIPSoWg2n2dV3RZu5UWppssyI18Pf85Xe0PAHOTQHO1EnAXbGcARahwqpO3xBXKHH2xTawX8k3D8xSYGIKAcukLejyqVbr0Fh8C70LsnIc/oiNGbOXdIZ0QdV8XlUG29ckpuD3FRZ+UUwsCOUNylkkOll4D+q4FSuaR1vMNN0g7kljs1HyMHTVclSCLbfhk0oWIu9xEmwBT/fNvyj1BFVbAwRVM0I7alA4AtLciBEv06kWimFbMp8h/Jg5ev/IUQ6TEg+AzzS4DAh0AwgrSZIsqCUZRNPILFC1FMRpwtc7cgr4iZxxGzQKCAQB1O33FiGHHaX7BZ3F8b10qLWIyeHyhz7hOfn/2J/jf4APTEg0BBfT3XIL8X789IXYGy4aJj+2dG0y8BxNpO5oFsPukETV1Nwdw/WFuSEuxBLLZJkLfo1+YR3LRvKH7+rq3Wi6aPhHCb9RfVFpiA3LXcrok15kTrEuIZzYDFHYj32xQNIFvDmJkU3a7MunKptgOrSGBbiwCUUTfPsOkz+xFmNzVEWkp9QKz/0BLhFUYy3v0Ex4ZpNroqd6kAJKf8/DnMeluP3imMd2tg7ZJ/7/WFmRMkDzMsJy7OUvYKZ3pO5hX8oS/vX7TQqaeH/f3YpcND70tBweQsiWJIZJkgcwYA4IBBQACggEAbJMZlsUz/qRc4SkY26R0uP6/wyQ+ybP0LND+N9CkclI15sSPlY4VXNEzvV09vNB9fxOVePxps/V5asg7CXUcfopAXUyhnREogDZ8ukZ1SCnNgCZvL9W/bS89J1qWGmXDk6I5knu1/cpI6wC7ngEOmBeEmasmyw9sJZQSAuXUlBooy+CSas4jGes/SOC1t655FSPhMddd6iO80s2agsjktCUsmHJzA6G2uY4FIMqeHtb/wtJV64FPG5a0L2+x6CN622U+AztdZGxVYPerUlnQOuQB9UEKag71zLiBfBjqtgIYJPCQ2/vJQ1jkRhsEaA5TFN2aqrwk/CfnxrZAhBM8Kg==",
		"MDwCHHsmVvi+CsTTp+AJXl+fVn2qe8ZP55zNDF7Ynq4CHGt8VjQwfNYN6rA3w+K+iNBdtNLqzWua2FOR5kg="},
	{"DSA 2048, sha512", Signature{Scheme: DSA, Digest: SHA512},
		"MIIDQjCCAjUGByqGSM44BAEwggIoAoIBAQCeUNX9oUOU+VkE5yyRxsq/FaiZH+ceFwnt1VVqG+jmOxkSpT6ANPEH//l+HPyC96XSxmxIgx8EOgIPSoWg2n2dV3RZu5UWppssyI18Pf85Xe0PAHOTQHO1EnAXbGcARahwqpO3xBXKHH2xTawX8k3D8xSYGIKAcukLejyqVbr0Fh8C70LsnIc/oiNGbOXdIZ0QdV8XlUG29ckpuD3FRZ+UUwsCOUNylkkOll4D+q4FSuaR1vMNN0g7kljs1HyMHTVclSCLbfhk0oWIu9xEmwBT/fNvyj1BFVbAwRVM0I7alA4AtLciBEv06kWimFbMp8h/Jg5ev/IUQ6TEg+AzzS4DAh0AwgrSZIsqCUZRNPILFC1FMRpwtc7cgr4iZxxGzQKCAQB1O33FiGHHaX7BZ3F8b10qLWIyeHyhz7hOfn/2J/jf4APTEg0BBfT3XIL8X789IXYGy4aJj+2dG0y8BxNpO5oFsPukETV1Nwdw/WFuSEuxBLLZJkLfo1+YR3LRvKH7+rq3Wi6aPhHCb9RfVFpiA3LXcrok15kTrEuIZzYDFHYj32xQNIFvDmJkU3a7MunKptgOrSGBbiwCUUTfPsOkz+xFmNzVEWkp9QKz/0BLhFUYy3v0Ex4ZpNroqd6kAJKf8/DnMeluP3imMd2tg7ZJ/7/WFmRMkDzMsJy7OUvYKZ3pO5hX8oS/vX7TQqaeH/f3YpcND70tBweQsiWJIZJkgcwYA4IBBQACggEAbJMZlsUz/qRc4SkY26R0uP6/wyQ+ybP0LND+N9CkclI15sSPlY4VXNEzvV09vNB9fxOVePxps/V5asg7CXUcfopAXUyhnREogDZ8ukZ1SCnNgCZvL9W/bS89J1qWGmXDk6I5knu1/cpI6wC7ngEOmBeEmasmyw9sJZQSAuXUlBooy+CSas4jGes/SOC1t655FSPhMddd6iO80s2agsjktCUsmHJzA6G2uY4FIMqeHtb/wtJV64FPG5a0L2+x6CN622U+AztdZGxVYPerUlnQOuQB9UEKag71zLiBfBjqtgIYJPCQ2/vJQ1jkRhsEaA5TFN2aqrwk/CfnxrZAhBM8Kg==",
		"MD4CHQCHjMlxsTzN+KyxAm+jyICo3OTb+7FJBQmC60CUAh0Ao5Kn0rSn/YgCUOQn06CrU5kTZdQ9k143UKm+oQ=="},
	{"RSASSA-PSS key of 1025 bits", Signature{Scheme: PSS, Digest: SHA256, SaltLength: SaltAsDigest},
		"MIHTMEEGCSqGSIb3DQEBCjA0oA8wDQYJYIZIAWUDBAIBBQChHDAaBgkqhkiG9w0BAQgwDQYJYIZIAWUDBAIBBQCiAwIBIAOBjQAwgYkCgYEBhLoIXA0L/qWe8qTPM7dEsFfGP6XXV8vIEId/SC/kOJfE9xiMTZzsCme7InRD8wDgejn0Ua47DpIHN3NXqFmZOJfEchMCCJQJH4aSOj7fwYDjKgq5FuJdtSCKbIaPbSs8dptULnxOZWnfnx64+9rRXl7a3VFHd6PDy0nwsPH0GwECAwEAAQ==",
		"AAv0+RYgsnvWgRI7AY/8lRX8tHtH6WttY7udb8jhD86KF6tbZsfFCWxNrchmIgpk8HCelCV9/DZ1kq3I1CHwP0KXSg6Tapvd0dO2SlQLmqIzxzQviLo2VUiWp8vyYcZMQW3pY+BxET60y86bcKIzazhqLukCqLpZesqtgU2DAb7y"},
	{"Ed25519", Signature{Scheme: EdDSA},
		"MCowBQYDK2VwAyEAixqCdwmYlvm4e6Ch41cf0UxJIe4rjfmidh8FEv6YsBc=",
		"a+c3B4763On1heez2w1uwdnpsI3SNoUHvmDpWPsoUPByeunwT44qDf40U2VqH6nU22Mt/NxXw+T94OCkhFYmDQ=="},
}

func TestOpenSSLSignaturesVerify(t *testing.T) {
	for _, row := range opensslVectors {
		der, _ := base64.StdEncoding.DecodeString(row.spki)
		value, _ := base64.StdEncoding.DecodeString(row.value)
		key, err := ParsePublicKey(der)
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		if err := key.Verify(row.alg, []byte("vidimus"), value); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		if err := key.Verify(row.alg, []byte("Vidimus"), value); err == nil || errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: another message: %v", row.name, err)
		}
		for _, at := range []int{len(value) - 1, len(value) / 2, 5} {
			wrong := append([]byte(nil), value...)
			wrong[at] ^= 1
			if key.Verify(row.alg, []byte("vidimus"), wrong) == nil {
				t.Errorf("%s: verifies with octet %d changed", row.name, at)
			}
		}
	}
}
