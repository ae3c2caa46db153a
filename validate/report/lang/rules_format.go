package lang

// rules are the questions of the rules, in the order of their clauses; the English is
// the rule's own.
var rules = merged(rulesFormat, rulesX509, rulesProcesses, rulesQualification)

func merged(tables ...map[string]question) map[string]question {
	out := map[string]question{}
	for _, t := range tables {
		for id, q := range t {
			out[id] = q
		}
	}
	return out
}

// question is the question of a rule in the languages besides English.
type question struct{ et, lv, lt, fi, sv string }

// Rules are the IDs of all rules that have a translation.
func Rules() []string {
	out := make([]string, 0, len(rules))
	for id := range rules {
		out = append(out, id)
	}
	return out
}

var rulesFormat = map[string]question{
	"FC-CONTAINER-TYPE":       {"Kas konteiner on ASiC-S või ASiC-E?", "Vai konteiners ir ASiC-S vai ASiC-E?", "Ar konteineris yra ASiC-S arba ASiC-E?", "Onko säiliö ASiC-S tai ASiC-E?", "Är containern en ASiC-S eller ASiC-E?"},
	"FC-MIMETYPE-PRESENT":     {"Kas konteineris on fail mimetype?", "Vai konteinerā ir datne mimetype?", "Ar konteineryje yra failas mimetype?", "Onko säiliössä mimetype-tiedosto?", "Finns filen mimetype i containern?"},
	"FC-MIMETYPE-CONTENT":     {"Kas fail mimetype nimetab ASiC-konteineri?", "Vai datne mimetype norāda ASiC konteineru?", "Ar failas mimetype nurodo ASiC konteinerį?", "Ilmoittaako mimetype-tiedosto ASiC-säiliön?", "Anger filen mimetype en ASiC-container?"},
	"FC-MANIFEST":             {"Kas ASiC-E konteineris on loetav manifest?", "Vai ASiC-E konteinerā ir nolasāms manifests?", "Ar ASiC-E konteineryje yra nuskaitomas manifestas?", "Onko ASiC-E-säiliössä luettava manifesti?", "Finns ett läsbart manifest i ASiC-E-containern?"},
	"FC-SIGNED-FILES":         {"Kas konteineris on failid, mida see peab allkirjastama: ASiC-S puhul üks, ASiC-E puhul vähemalt üks?", "Vai konteinerā ir parakstāmās datnes: ASiC-S – viena, ASiC-E – vismaz viena?", "Ar konteineryje yra pasirašomi failai: ASiC-S – vienas, ASiC-E – bent vienas?", "Onko säiliössä allekirjoitettavat tiedostot: ASiC-S:ssä yksi, ASiC-E:ssä vähintään yksi?", "Finns de filer som ska undertecknas i containern: en för ASiC-S, minst en för ASiC-E?"},
	"FC-ALL-FILES-SIGNED":     {"Kas allkiri katab kõik konteineri andmefailid?", "Vai paraksts aptver visas konteinera datu datnes?", "Ar parašas apima visus konteinerio duomenų failus?", "Kattaako allekirjoitus säiliön kaikki datatiedostot?", "Omfattar underskriften alla datafiler i containern?"},
	"FC-FILE-NAME":            {"Kas allkirja- või ajatemplifail kannab nime, mida konteineri liik nõuab?", "Vai paraksta vai laika zīmoga datnei ir konteinera tipam atbilstošs nosaukums?", "Ar parašo ar laiko žymos failo pavadinimas atitinka konteinerio tipą?", "Onko allekirjoitus- tai aikaleimatiedostolla säiliön tyypin edellyttämä nimi?", "Har filen med underskriften eller tidsstämpeln det namn som containertypen kräver?"},
	"FC-DUPLICATE-SIGNATURE":  {"Kas allkiri esineb dokumendis ainult üks kord?", "Vai paraksts dokumentā ir tikai vienreiz?", "Ar parašas dokumente yra tik vieną kartą?", "Onko allekirjoitus asiakirjassa vain kerran?", "Förekommer underskriften bara en gång i dokumentet?"},
	"FC-AMBIGUOUS-REFERENCE":  {"Kas iga viide osutab täpselt ühele elemendile?", "Vai katra atsauce norāda tieši uz vienu elementu?", "Ar kiekviena nuoroda rodo tiksliai į vieną elementą?", "Osoittaako jokainen viittaus täsmälleen yhteen elementtiin?", "Pekar varje referens på exakt ett element?"},
	"FC-AMBIGUOUS-FILE":       {"Kas failil on iga lugeja jaoks ainult üks tähendus?", "Vai datni katrs lasītājs saprot vienādi?", "Ar failas visiems skaitytuvams reiškia tą patį?", "Onko tiedostolla kaikille lukijoille vain yksi merkitys?", "Har filen bara en betydelse för alla läsare?"},
	"FC-SIGNER-INFOS":         {"Kas PDF-allkirjas on täpselt üks SignerInfo?", "Vai PDF parakstā ir tieši viens SignerInfo?", "Ar PDF paraše yra tiksliai vienas SignerInfo?", "Onko PDF-allekirjoituksessa täsmälleen yksi SignerInfo?", "Innehåller PDF-underskriften exakt en SignerInfo?"},
	"FC-BYTE-RANGE":           {"Kas ByteRange katab kogu versiooni peale allkirja väärtuse?", "Vai ByteRange aptver visu redakciju, izņemot paraksta vērtību?", "Ar ByteRange apima visą redakciją, išskyrus parašo reikšmę?", "Kattaako ByteRange koko version allekirjoituksen arvoa lukuun ottamatta?", "Omfattar ByteRange hela revisionen utom underskriftens värde?"},
	"FC-BYTE-RANGE-COLLISION": {"Kas iga allkirja vahemik jääb hilisema allkirja vahemiku sisse?", "Vai katra paraksta diapazons ir vēlāka paraksta diapazonā?", "Ar kiekvieno parašo intervalas patenka į vėlesnio parašo intervalą?", "Onko kunkin allekirjoituksen alue myöhemmän alueen sisällä?", "Ligger varje underskrifts område inom en senare underskrifts?"},
	"FC-SIGNATURE-DICTIONARY": {"Kas allkirja sõnastik on allkirjastatud ja lõppversioonis sama?", "Vai paraksta vārdnīca parakstītajā un galīgajā redakcijā ir vienāda?", "Ar parašo žodynas pasirašytoje ir galutinėje redakcijoje tas pats?", "Onko allekirjoitushakemisto sama allekirjoitetussa ja lopullisessa versiossa?", "Är underskriftens lexikon detsamma i den undertecknade och den slutliga revisionen?"},
	"FC-PAGES":                {"Kas dokumendis on sama palju lehekülgi kui allkirjastamisel?", "Vai dokumentā ir tikpat lapu kā parakstot?", "Ar dokumente tiek pat puslapių, kiek pasirašant?", "Onko asiakirjassa yhtä monta sivua kuin allekirjoitettaessa?", "Har dokumentet lika många sidor som vid undertecknandet?"},
	"FC-ANNOTATION-OVERLAP":   {"Kas kõik allkirjastamisel näidatu on endiselt nähtav?", "Vai viss parakstīšanas brīdī rādītais joprojām ir redzams?", "Ar visa, kas rodyta pasirašant, tebėra matoma?", "Onko kaikki allekirjoitettaessa näkynyt yhä näkyvissä?", "Är allt som visades vid undertecknandet fortfarande synligt?"},
	"FC-ANNOTATION-CHANGE":    {"Kas märkused on samad mis allkirjastatud versioonis?", "Vai anotācijas ir tās pašas, kas parakstītajā redakcijā?", "Ar anotacijos tokios pat kaip pasirašytoje redakcijoje?", "Ovatko merkinnät samat kuin allekirjoitetussa versiossa?", "Är anteckningarna desamma som i den undertecknade revisionen?"},
	"FC-DOC-MDP":              {"Kas hilisemad muudatused järgivad seda, mida sertifitseerimine lubab?", "Vai vēlākās izmaiņas atbilst sertificēšanas atļautajam?", "Ar vėlesni pakeitimai neperžengia to, ką leidžia sertifikavimas?", "Pysyvätkö myöhemmät muutokset sertifioinnin sallimissa rajoissa?", "Håller sig senare ändringar till vad certifieringen tillåter?"},
	"FC-FIELD-MDP":            {"Kas allkirjaga lukustatud väljad on muutmata?", "Vai paraksta bloķētie lauki nav mainīti?", "Ar parašo užrakinti laukai nepakeisti?", "Ovatko allekirjoituksen lukitsemat kentät muuttumattomia?", "Är de fält som underskriften låser oförändrade?"},
	"FC-FIELD-LOCK":           {"Kas allkirjaväljaga lukustatud väljad on muutmata?", "Vai paraksta lauka bloķētie lauki nav mainīti?", "Ar parašo lauko užrakinti laukai nepakeisti?", "Ovatko allekirjoituskentän lukitsemat kentät muuttumattomia?", "Är de fält som underskriftsfältet låser oförändrade?"},
	"FC-UNDEFINED-CHANGE":     {"Kas kõik hilisemad muudatused on liiki, mida allkirjastamine lubab?", "Vai visas vēlākās izmaiņas ir parakstīšanas pieļauta veida?", "Ar visi vėlesni pakeitimai yra tokios rūšies, kokią pasirašymas leidžia?", "Ovatko kaikki myöhemmät muutokset allekirjoituksen sallimaa lajia?", "Är alla senare ändringar av ett slag som undertecknandet tillåter?"},
	"FC-REVISION":             {"Kas allkirjastatud versioon on terviklik ja hilisemate aluseks?", "Vai parakstītā redakcija ir pilnīga un vēlākās balstās uz to?", "Ar pasirašyta redakcija yra vientisa ir vėlesnės ja remiasi?", "Onko allekirjoitettu versio eheä ja myöhempien pohjana?", "Är den undertecknade revisionen hel och grund för de senare?"},
	"FC-TIMESTAMP-COVERAGE":   {"Kas konteineri ajatempel katab sisu ja kõike, mida katab see, mida ta katab?", "Vai konteinera laika zīmogs aptver saturu un visu, ko aptver tā aptvertais?", "Ar konteinerio laiko žyma apima turinį ir visa tai, ką apima jos apimami objektai?", "Kattaako säiliön aikaleima sisällön ja kaiken, minkä sen kattama kattaa?", "Omfattar containerns tidsstämpel innehållet och allt som det den omfattar omfattar?"},
	"FC-HASH-INDEX":           {"Kas ajatempli räsiindeks nimetab olemasolevat?", "Vai laika zīmoga jaucējvērtību indekss norāda esošo?", "Ar laiko žymos santraukų rodyklė įvardija tai, kas yra?", "Nimeääkö aikaleiman tiivistehakemisto sen, mitä on?", "Anger tidsstämpelns hashindex det som finns?"},
	"FC-FORMAT-ACCEPTED":      {"Kas poliitika aktsepteerib allkirja taset?", "Vai politika pieņem paraksta līmeni?", "Ar politika priima parašo lygį?", "Hyväksyykö politiikka allekirjoituksen tason?", "Godtar policyn underskriftens nivå?"},
	"ISC-SIGNER-FOUND":        {"Kas allkirjastaja sertifikaat on tuvastatav?", "Vai parakstītāja sertifikātu var noteikt?", "Ar galima nustatyti pasirašančio asmens sertifikatą?", "Voidaanko allekirjoittajan varmenne tunnistaa?", "Kan undertecknarens certifikat identifieras?"},
	"ISC-DIGEST-PRESENT":      {"Kas atribuut signing-certificate sisaldab räsi?", "Vai atribūtā signing-certificate ir jaucējvērtība?", "Ar atribute signing-certificate yra santrauka?", "Onko signing-certificate-attribuutissa tiiviste?", "Innehåller attributet signing-certificate ett hashvärde?"},
	"ISC-DIGEST":              {"Kas allkirjastatud räsi vastab allkirjastaja sertifikaadile?", "Vai parakstītā jaucējvērtība atbilst parakstītāja sertifikātam?", "Ar pasirašyta santrauka atitinka pasirašančio asmens sertifikatą?", "Vastaako allekirjoitettu tiiviste allekirjoittajan varmennetta?", "Stämmer det undertecknade hashvärdet med undertecknarens certifikat?"},
	"ISC-ISSUER-SERIAL":       {"Kas atribuudi väljaandja ja seerianumber vastavad allkirjastaja sertifikaadile?", "Vai atribūta izdevējs un sērijas numurs atbilst parakstītāja sertifikātam?", "Ar atributo išdavėjas ir serijos numeris atitinka pasirašančio asmens sertifikatą?", "Vastaavatko attribuutin myöntäjä ja sarjanumero allekirjoittajan varmennetta?", "Stämmer utfärdare och serienummer i attributet med undertecknarens certifikat?"},
	"ISC-CHAIN-REFERENCES":    {"Kas teised atribuudis nimetatud sertifikaadid on allkirjastaja ahelast?", "Vai pārējie atribūtā norādītie sertifikāti ir no parakstītāja ķēdes?", "Ar kiti atribute nurodyti sertifikatai yra iš pasirašančio asmens grandinės?", "Ovatko muut attribuutissa nimetyt varmenteet allekirjoittajan ketjusta?", "Hör övriga certifikat som attributet anger till undertecknarens kedja?"},
	"VCI-POLICY":              {"Kas allkirjapoliitika dokument on kättesaadav?", "Vai paraksta politikas dokuments ir pieejams?", "Ar parašo politikos dokumentas prieinamas?", "Onko allekirjoituspolitiikan asiakirja saatavilla?", "Är underskriftspolicyns dokument tillgängligt?"},
	"VCI-POLICY-ACCEPTABLE":   {"Kas allkirjapoliitika või selle puudumine on aktsepteeritav?", "Vai paraksta politika vai tās neesība ir pieņemama?", "Ar parašo politika arba jos nebuvimas priimtini?", "Onko allekirjoituspolitiikka tai sen puuttuminen hyväksyttävää?", "Kan underskriftspolicyn, eller att ingen finns, godtas?"},
	"VCI-POLICY-HASH":         {"Kas allkirjapoliitika dokumendil on allkirjastatud räsi?", "Vai paraksta politikas dokumentam ir parakstītā jaucējvērtība?", "Ar parašo politikos dokumento santrauka yra ta, kuri pasirašyta?", "Onko allekirjoituspolitiikan asiakirjalla allekirjoitettu tiiviste?", "Har underskriftspolicyns dokument det hashvärde som undertecknades?"},
	"RFC-FRESH":               {"Kas kehtivusinfo on antud piisavalt hilja?", "Vai atsaukšanas informācija izdota pietiekami vēlu?", "Ar atšaukimo informacija išduota pakankamai vėlai?", "Onko peruutustieto annettu riittävän myöhään?", "Är återkallelseinformationen utfärdad tillräckligt sent?"},
}
