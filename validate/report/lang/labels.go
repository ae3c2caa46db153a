package lang

// The labels of the reports.
const (
	Title           Key = "title"
	File            Key = "file"
	DocumentHash    Key = "documentHash"
	ReportHash      Key = "reportHash"
	SizeForm        Key = "sizeForm"
	ValidationTime  Key = "validationTime"
	Policy          Key = "policy"
	Summary         Key = "summary"
	Details         Key = "details"
	SignatureN      Key = "signatureN"
	CounterN        Key = "counterN"
	By              Key = "by"
	UnknownSigner   Key = "unknownSigner"
	Verdict         Key = "verdict"
	Qualification   Key = "qualification"
	WouldBe         Key = "wouldBe"
	Format          Key = "format"
	Path            Key = "path"
	MadeWith        Key = "madeWith"
	TestScheme      Key = "testScheme"
	Signer          Key = "signer"
	Certificate     Key = "certificate"
	IssuedBy        Key = "issuedBy"
	ClaimedTime     Key = "claimedTime"
	ClaimedReason   Key = "claimedReason"
	ClaimedLocation Key = "claimedLocation"
	ByteRange       Key = "byteRange"
	ProvenTime      Key = "provenTime"
	ProvenNow       Key = "provenNow"
	ProvenBy        Key = "provenBy"
	Covers          Key = "covers"
	CoversNothing   Key = "coversNothing"
	Whole           Key = "whole"
	Part            Key = "part"
	ByDigest        Key = "byDigest"
	Findings        Key = "findings"
	NoFindings      Key = "noFindings"
	Authoritative   Key = "authoritative"
	Rule            Key = "rule"
	Level           Key = "level"
	Says            Key = "says"
	Error           Key = "error"
	Warning         Key = "warning"
	Info            Key = "info"
	Timeline        Key = "timeline"
	Event           Key = "event"
	Time            Key = "time"
	CertificateFrom Key = "certificateFrom"
	CertificateTo   Key = "certificateTo"
	Claimed         Key = "claimed"
	Stamped         Key = "stamped"
	Answered        Key = "answered"
	RevokedAt       Key = "revokedAt"
	Now             Key = "now"
	Chain           Key = "chain"
	Anchor          Key = "anchor"
	IssuerOf        Key = "issuerOf"
	Timestamps      Key = "timestamps"
	Timestamp       Key = "timestamp"
	QualifiedTSA    Key = "qualifiedTSA"
	OtherTSA        Key = "otherTSA"
	UnknownTSA      Key = "unknownTSA"
	Revocations     Key = "revocations"
	Source          Key = "source"
	Status          Key = "status"
	Good            Key = "good"
	Revoked         Key = "revoked"
	StatusUnknown   Key = "statusUnknown"
	Records         Key = "records"
	Record          Key = "record"
	Existed         Key = "existed"
	Lists           Key = "lists"
	NoLists         Key = "noLists"
	Territory       Key = "territory"
	Sequence        Key = "sequence"
	Issued          Key = "issued"
	NextUpdate      Key = "nextUpdate"
	ExtraList       Key = "extraList"
	MRAList         Key = "mraList"
	Notes           Key = "notes"
	NotJudged       Key = "notJudged"
	Hint            Key = "hint"
	Unsigned        Key = "unsigned"
	OneValid        Key = "oneValid"
	AllValid        Key = "allValid"
	OneUnproven     Key = "oneUnproven"
	OneInvalid      Key = "oneInvalid"
	NoneProven      Key = "noneProven"
	SomeValid       Key = "someValid"
	Skip            Key = "skip"
	PageOf          Key = "pageOf"
	More            Key = "more"
)

var labels = map[Key]phrase{
	Title:           {"Signature validation report", "Allkirjade valideerimise aruanne", "Parakstu validācijas ziņojums", "Parašų patvirtinimo ataskaita", "Allekirjoitusten validointiraportti", "Valideringsrapport för underskrifter"},
	File:            {"File", "Fail", "Datne", "Failas", "Tiedosto", "Fil"},
	DocumentHash:    {"SHA-256 of the file", "Faili SHA-256", "Datnes SHA-256", "Failo SHA-256", "Tiedoston SHA-256", "Filens SHA-256"},
	ReportHash:      {"SHA-256 of the JSON report", "JSON-aruande SHA-256", "JSON ziņojuma SHA-256", "JSON ataskaitos SHA-256", "JSON-raportin SHA-256", "JSON-rapportens SHA-256"},
	SizeForm:        {"%s, %d bytes", "%s, %d baiti", "%s, %d baiti", "%s, %d baitai (-ų)", "%s, %d tavua", "%s, %d byte"},
	ValidationTime:  {"Validated as of", "Valideeritud seisuga", "Validēts uz", "Patvirtinta pagal būklę", "Validoitu ajankohdan mukaan", "Validerad per"},
	Policy:          {"Validation policy", "Valideerimispoliitika", "Validācijas politika", "Patvirtinimo politika", "Validointipolitiikka", "Valideringspolicy"},
	Summary:         {"Summary", "Kokkuvõte", "Kopsavilkums", "Santrauka", "Yhteenveto", "Sammanfattning"},
	Details:         {"Details", "Üksikasjad", "Detalizēta informācija", "Išsami informacija", "Yksityiskohdat", "Detaljer"},
	SignatureN:      {"Signature %d", "Allkiri %d", "%d. paraksts", "%d parašas", "Allekirjoitus %d", "Underskrift %d"},
	CounterN:        {"Counter-signature %d", "Kinnitav allkiri %d", "%d. pretparaksts", "%d patvirtinamasis parašas", "Vastaallekirjoitus %d", "Kontrasignering %d"},
	By:              {"%s, by %s", "%s, allkirjastaja %s", "%s, parakstītājs %s", "%s, pasirašė %s", "%s, allekirjoittaja %s", "%s, av %s"},
	UnknownSigner:   {"an unidentified signer", "tuvastamata isik", "neidentificēta persona", "nenustatytas asmuo", "tunnistamaton henkilö", "en oidentifierad undertecknare"},
	Verdict:         {"Verdict", "Tulemus", "Rezultāts", "Išvada", "Tulos", "Resultat"},
	Qualification:   {"Qualification", "Kvalifikatsioon", "Kvalifikācija", "Kvalifikacija", "Taso", "Kvalifikation"},
	WouldBe:         {"would be %s, had it been proven valid", "oleks %s, kui kehtivus oleks tõendatud", "būtu %s, ja derīgums būtu pierādīts", "būtų %s, jei galiojimas būtų įrodytas", "olisi %s, jos pätevyys olisi todistettu", "skulle vara %s, om giltigheten hade styrkts"},
	Format:          {"Format", "Vorming", "Formāts", "Formatas", "Muoto", "Format"},
	Path:            {"Place in the file", "Asukoht failis", "Vieta datnē", "Vieta faile", "Sijainti tiedostossa", "Plats i filen"},
	MadeWith:        {"Made with", "Allkirjastamisvahend", "Parakstīts ar", "Pasirašyta naudojant", "Allekirjoitusväline", "Skapad med"},
	TestScheme:      {"TEST environment: proves no identity", "TESTkeskkond: ei tõenda isikusamasust", "TESTA vide: identitāti nepierāda", "BANDOMOJI aplinka: tapatybės neįrodo", "TESTIympäristö: ei todista henkilöllisyyttä", "TESTmiljö: styrker ingen identitet"},
	Signer:          {"Signer", "Allkirjastaja", "Parakstītājs", "Pasirašantis asmuo", "Allekirjoittaja", "Undertecknare"},
	Certificate:     {"Certificate", "Sertifikaat", "Sertifikāts", "Sertifikatas", "Varmenne", "Certifikat"},
	IssuedBy:        {"issued by %s, valid from %s to %s", "väljaandja %s, kehtib %s kuni %s", "izdevējs %s, derīgs no %s līdz %s", "išdavė %s, galioja nuo %s iki %s", "myöntäjä %s, voimassa %s – %s", "utfärdat av %s, giltigt från %s till %s"},
	ClaimedTime:     {"Claimed signing time", "Väidetav allkirjastamise aeg", "Norādītais parakstīšanas laiks", "Nurodytas pasirašymo laikas", "Ilmoitettu allekirjoitusaika", "Uppgiven tid för undertecknande"},
	ClaimedReason:   {"Claimed reason", "Väidetav põhjus", "Norādītais iemesls", "Nurodyta priežastis", "Ilmoitettu syy", "Uppgivet skäl"},
	ClaimedLocation: {"Claimed location", "Väidetav koht", "Norādītā vieta", "Nurodyta vieta", "Ilmoitettu paikka", "Uppgiven plats"},
	ByteRange:       {"Signed octets (ByteRange)", "Allkirjastatud baidid (ByteRange)", "Parakstītie baiti (ByteRange)", "Pasirašyti baitai (ByteRange)", "Allekirjoitetut tavut (ByteRange)", "Undertecknade oktetter (ByteRange)"},
	ProvenTime:      {"Proven time", "Tõendatud aeg", "Pierādītais laiks", "Įrodytas laikas", "Todistettu aika", "Styrkt tid"},
	ProvenNow:       {"of this validation: no proof of an earlier time counts", "valideerimise aeg: varasema aja kohta arvestatavat tõendit ei ole", "šīs validācijas laiks: agrāka laika derīga pierādījuma nav", "šio patvirtinimo laikas: ankstesnio laiko įrodymo nėra", "tämän validoinnin aika: aiemmasta ajasta ei ole kelpaavaa todistetta", "denna validerings tid: inget bevis om en tidigare tid kan godtas"},
	ProvenBy:        {"by the time-stamp of %s", "ajatempli alusel, väljaandja %s", "ar %s laika zīmogu", "pagal %s laiko žymą", "aikaleiman perusteella, antaja %s", "genom tidsstämpel från %s"},
	Covers:          {"What is signed", "Mis on allkirjastatud", "Kas ir parakstīts", "Kas pasirašyta", "Mitä on allekirjoitettu", "Vad som är undertecknat"},
	CoversNothing:   {"nothing that is here and unaltered", "mitte midagi, mis oleks olemas ja muutmata", "nekas, kas būtu pieejams un nemainīts", "nieko, kas būtų pateikta ir nepakeista", "ei mitään, mikä olisi mukana ja muuttumatonta", "ingenting som finns här och är oförändrat"},
	Whole:           {"whole", "tervikuna", "pilnībā", "visas", "kokonaan", "i sin helhet"},
	Part:            {"in part", "osaliselt", "daļēji", "iš dalies", "osittain", "delvis"},
	ByDigest:        {"by its digest", "räsi kaudu", "pēc jaucējvērtības", "pagal santrauką", "tiivisteen perusteella", "genom sitt hashvärde"},
	Findings:        {"Why: what the rules found", "Miks: mida reeglid leidsid", "Kāpēc: ko noteikumi konstatēja", "Kodėl: ką nustatė taisyklės", "Miksi: mitä säännöt havaitsivat", "Varför: vad reglerna fann"},
	NoFindings:      {"No rule found anything to tell.", "Ükski reegel ei leidnud midagi märkimisväärset.", "Neviens noteikums neko nekonstatēja.", "Nė viena taisyklė nieko nenustatė.", "Mikään sääntö ei havainnut mainittavaa.", "Ingen regel fann något att anmärka."},
	Authoritative:   {"The English sentence of each finding is the authoritative wording.", "Määrav on iga leiu ingliskeelne lause; tõlgitud on reegli küsimus.", "Noteicošais ir katra konstatējuma teikums angļu valodā; tulkots ir noteikuma jautājums.", "Lemiamas yra kiekvieno nustatyto fakto sakinys anglų kalba; išverstas taisyklės klausimas.", "Määräävä on kunkin havainnon englanninkielinen lause; käännetty on säännön kysymys.", "Den engelska meningen för varje iakttagelse gäller; regelns fråga är översatt."},
	Rule:            {"Rule", "Reegel", "Noteikums", "Taisyklė", "Sääntö", "Regel"},
	Level:           {"Level", "Tase", "Līmenis", "Lygis", "Vakavuus", "Nivå"},
	Says:            {"Finding", "Leid", "Konstatējums", "Nustatyta", "Havainto", "Iakttagelse"},
	Error:           {"error", "viga", "kļūda", "klaida", "virhe", "fel"},
	Warning:         {"warning", "hoiatus", "brīdinājums", "įspėjimas", "varoitus", "varning"},
	Info:            {"information", "teave", "informācija", "informacija", "tiedoksi", "information"},
	Timeline:        {"Time line", "Ajajoon", "Laika skala", "Laiko juosta", "Aikajana", "Tidslinje"},
	Event:           {"Event", "Sündmus", "Notikums", "Įvykis", "Tapahtuma", "Händelse"},
	Time:            {"Time", "Aeg", "Laiks", "Laikas", "Aika", "Tid"},
	CertificateFrom: {"certificate begins", "sertifikaadi kehtivuse algus", "sertifikāta derīguma sākums", "sertifikato galiojimo pradžia", "varmenteen voimassaolo alkaa", "certifikatet börjar gälla"},
	CertificateTo:   {"certificate ends", "sertifikaadi kehtivuse lõpp", "sertifikāta derīguma beigas", "sertifikato galiojimo pabaiga", "varmenteen voimassaolo päättyy", "certifikatet upphör att gälla"},
	Claimed:         {"signing, as claimed", "allkirjastamine, väidetavalt", "parakstīšana, kā norādīts", "pasirašymas, kaip nurodyta", "allekirjoitus, ilmoituksen mukaan", "undertecknande, enligt uppgift"},
	Stamped:         {"time-stamp", "ajatempel", "laika zīmogs", "laiko žyma", "aikaleima", "tidsstämpel"},
	Answered:        {"%s says: %s", "%s ütleb: %s", "%s ziņo: %s", "%s praneša: %s", "%s ilmoittaa: %s", "%s anger: %s"},
	RevokedAt:       {"revocation", "sertifikaadi kehtetuks tunnistamine", "sertifikāta atsaukšana", "sertifikato atšaukimas", "varmenteen peruuttaminen", "certifikatet återkallas"},
	Now:             {"this validation", "see valideerimine", "šī validācija", "šis patvirtinimas", "tämä validointi", "denna validering"},
	Chain:           {"Certificate chain", "Sertifikaadiahel", "Sertifikātu ķēde", "Sertifikatų grandinė", "Varmenneketju", "Certifikatkedja"},
	Anchor:          {"trust anchor", "usaldusankur", "uzticamības enkurs", "patikimumo inkaras", "luottamusankkuri", "tillitsankare"},
	IssuerOf:        {"issued", "andis välja", "izdevis", "išdavė", "myönsi", "utfärdade"},
	Timestamps:      {"Time-stamps", "Ajatemplid", "Laika zīmogi", "Laiko žymos", "Aikaleimat", "Tidsstämplar"},
	Timestamp:       {"Time-stamp", "Ajatempel", "Laika zīmogs", "Laiko žyma", "Aikaleima", "Tidsstämpel"},
	QualifiedTSA:    {"qualified electronic time stamp", "kvalifitseeritud e-ajatempel", "kvalificēts elektroniskais laika zīmogs", "kvalifikuota elektroninė laiko žyma", "hyväksytty sähköinen aikaleima", "kvalificerad elektronisk tidsstämpling"},
	OtherTSA:        {"electronic time stamp, not qualified", "e-ajatempel, kvalifitseerimata", "elektroniskais laika zīmogs, nav kvalificēts", "elektroninė laiko žyma, nekvalifikuota", "sähköinen aikaleima, ei hyväksytty", "elektronisk tidsstämpling, inte kvalificerad"},
	UnknownTSA:      {"the trusted lists tell nothing of it", "usaldusnimekirjad ei ütle selle kohta midagi", "uzticamības sarakstos par to nav ziņu", "patikimuose sąrašuose apie tai duomenų nėra", "luotetut luettelot eivät kerro siitä mitään", "förteckningarna över betrodda tjänster säger inget om den"},
	Revocations:     {"Revocation status", "Sertifikaatide kehtivusinfo", "Atsaukšanas statuss", "Atšaukimo būsena", "Peruutustiedot", "Återkallelsestatus"},
	Source:          {"Source", "Allikas", "Avots", "Šaltinis", "Lähde", "Källa"},
	Status:          {"Status", "Olek", "Statuss", "Būsena", "Tila", "Status"},
	Good:            {"not revoked", "ei ole kehtetuks tunnistatud", "nav atsaukts", "neatšauktas", "ei peruutettu", "inte återkallat"},
	Revoked:         {"revoked", "kehtetuks tunnistatud", "atsaukts", "atšauktas", "peruutettu", "återkallat"},
	StatusUnknown:   {"unknown", "teadmata", "nezināms", "nežinoma", "tuntematon", "okänt"},
	Records:         {"Evidence records", "Tõenduskirjed", "Pierādījumu ieraksti", "Įrodymų įrašai", "Todistetietueet", "Bevisposter"},
	Record:          {"Evidence record", "Tõenduskirje", "Pierādījuma ieraksts", "Įrodymų įrašas", "Todistetietue", "Bevispost"},
	Existed:         {"what it covers existed on %s", "see, mida ta katab, oli olemas %s", "aptvertais pastāvēja %s", "tai, ką jis apima, egzistavo %s", "sen kattama aineisto oli olemassa %s", "det som den omfattar fanns den %s"},
	Lists:           {"Trusted lists relied on", "Aluseks võetud usaldusnimekirjad", "Izmantotie uzticamības saraksti", "Patikimi sąrašai, kuriais remtasi", "Käytetyt luotetut luettelot", "Förteckningar över betrodda tjänster som resultatet vilar på"},
	NoLists:         {"The verdict rests on no trusted list.", "Tulemus ei tugine ühelegi usaldusnimekirjale.", "Rezultāts nebalstās ne uz vienu uzticamības sarakstu.", "Išvada nesiremia jokiu patikimu sąrašu.", "Tulos ei perustu mihinkään luotettuun luetteloon.", "Resultatet vilar inte på någon förteckning över betrodda tjänster."},
	Territory:       {"Territory", "Riik", "Teritorija", "Teritorija", "Alue", "Territorium"},
	Sequence:        {"Number", "Number", "Numurs", "Numeris", "Numero", "Nummer"},
	Issued:          {"Issued", "Välja antud", "Izdots", "Išduotas", "Annettu", "Utfärdad"},
	NextUpdate:      {"Next update due", "Järgmine uuendus hiljemalt", "Nākamā atjaunināšana", "Kitas atnaujinimas", "Seuraava päivitys viimeistään", "Nästa uppdatering senast"},
	ExtraList:       {"given by the operator; no list of lists points to it", "käitaja antud; ükski nimekirjade nimekiri sellele ei osuta", "operatora norādīts; neviens sarakstu saraksts uz to nenorāda", "pateiktas operatoriaus; joks sąrašų sąrašas į jį nenurodo", "käyttäjän antama; mikään luettelojen luettelo ei viittaa siihen", "angiven av driftansvarig; ingen lista över listor pekar på den"},
	MRAList:         {"of a third country, under a mutual recognition agreement", "kolmanda riigi nimekiri, vastastikuse tunnustamise lepingu alusel", "trešās valsts saraksts saskaņā ar savstarpējās atzīšanas nolīgumu", "trečiosios valstybės sąrašas pagal tarpusavio pripažinimo susitarimą", "kolmannen maan luettelo vastavuoroista tunnustamista koskevan sopimuksen nojalla", "från ett tredjeland, enligt ett avtal om ömsesidigt erkännande"},
	Notes:           {"Asked for in vain", "Tulemuseta päringud", "Nesekmīgi pieprasījumi", "Nesėkmingos užklausos", "Tuloksettomat kyselyt", "Förgäves efterfrågat"},
	NotJudged:       {"Could not be judged", "Ei saanud hinnata", "Nevarēja izvērtēt", "Nepavyko įvertinti", "Ei voitu arvioida", "Kunde inte bedömas"},
	Hint:            {"Hint", "Vihje", "Padoms", "Patarimas", "Vihje", "Tips"},
	Unsigned:        {"No signature was found.", "Allkirju ei leitud.", "Neviens paraksts netika atrasts.", "Parašų nerasta.", "Allekirjoituksia ei löytynyt.", "Ingen underskrift hittades."},
	OneValid:        {"The one signature is valid.", "Ainus allkiri on kehtiv.", "Vienīgais paraksts ir derīgs.", "Vienintelis parašas galioja.", "Ainoa allekirjoitus on pätevä.", "Den enda underskriften är giltig."},
	AllValid:        {"All %d signatures are valid.", "Kõik %d allkirja on kehtivad.", "Visi paraksti (%d) ir derīgi.", "Visi parašai (%d) galioja.", "Kaikki %d allekirjoitusta ovat päteviä.", "Alla %d underskrifter är giltiga."},
	OneUnproven:     {"Whether the one signature is valid is not proven.", "Ainsa allkirja kehtivus ei ole tõendatud.", "Vienīgā paraksta derīgums nav pierādīts.", "Vienintelio parašo galiojimas neįrodytas.", "Ainoan allekirjoituksen pätevyyttä ei ole todistettu.", "Den enda underskriftens giltighet är inte styrkt."},
	OneInvalid:      {"The one signature is not valid.", "Ainus allkiri ei ole kehtiv.", "Vienīgais paraksts nav derīgs.", "Vienintelis parašas negalioja.", "Ainoa allekirjoitus ei ole pätevä.", "Den enda underskriften är inte giltig."},
	NoneProven:      {"None of the %d signatures is proven valid.", "Ühegi kehtivus %d allkirjast ei ole tõendatud.", "Neviena paraksta derīgums nav pierādīts (parakstu skaits: %d).", "Nė vieno parašo galiojimas neįrodytas (parašų: %d).", "Yhdenkään allekirjoituksen pätevyyttä ei ole todistettu (allekirjoituksia %d).", "Ingen av de %d underskrifterna har styrkts vara giltig."},
	SomeValid:       {"%d of %d signatures are valid.", "Kehtivaid allkirju: %d, kokku %d.", "Derīgi paraksti: %d no %d.", "Galiojantys parašai: %d iš %d.", "Päteviä allekirjoituksia: %d/%d.", "%d av %d underskrifter är giltiga."},
	Skip:            {"Skip to the details", "Liigu üksikasjade juurde", "Pāriet uz detalizēto informāciju", "Pereiti prie išsamios informacijos", "Siirry yksityiskohtiin", "Hoppa till detaljerna"},
	PageOf:          {"Page %d of %s", "Lehekülg %d/%s", "%d. lapa no %s", "%d puslapis iš %s", "Sivu %d/%s", "Sida %d av %s"},
	More:            {"… and %d characters more", "… ja veel %d märki", "… un vēl %d rakstzīmes", "… ir dar %d simb.", "… ja vielä %d merkkiä", "… och %d tecken till"},
}
