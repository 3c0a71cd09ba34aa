package policy

import (
	"strconv"
	"strings"
)

// What the name of a field suggests that it holds.
const (
	looksPersonal = "personal"                 // it identifies a person
	looksCard     = "card-number"              // a primary account number, as PCI DSS calls it
	looksSecret   = "sensitive-authentication" // what PCI DSS lets nobody keep: track data, verification codes, PINs
)

// A nameGroup is a set of names: each noun, alone when the group has the bare ones,
// and behind each of its prefixes. All are in lower case and without - and _.
type nameGroup struct {
	looks    string
	prefixes string // separated by spaces
	bare     bool
	nouns    string // separated by spaces
}

// nameGroups are the names that mean the same wherever they stand. They are this
// project's own choice, after the examples of GDPR Art. 4(1), of its recital 30 for
// addresses of devices, and of the glossary of PCI DSS 4.0. A name is a hint and no
// proof; rules that go by it ask for a declaration, or say what the name suggests.
var nameGroups = []nameGroup{
	{looksPersonal, "first last given family middle maiden full sur user customer person patient employee recipient", false, "name"},
	{looksPersonal, "customer user patient contact billing recipient home work", true,
		"email emailaddress mailaddress mobile mobilenumber"},
	{looksPersonal, "customer user patient contact billing recipient home work mobile", true,
		"phone phonenumber telephone telephonenumber fax faxnumber"},
	{looksPersonal, "customer user patient home billing shipping delivery postal mailing", true,
		"address streetaddress" + numbered("addressline") + numbered("streetaddressline")},
	{looksPersonal, "customer user patient home billing shipping delivery", true,
		"street streetname postcode postalcode zip zipcode"},
	{looksPersonal, "customer user patient", true, "birthdate birthday birthplace birthyear dateofbirth dob gender nationality maritalstatus"},
	{looksPersonal, "customer user patient", true,
		"ssn socialsecuritynumber nationalid nationalidnumber nationalinsurance nationalinsurancenumber taxid taxpayerid iban"},
	{looksPersonal, "", true, "passport passportnumber licenseplate licenceplate " +
		"driverlicense driverlicence driverslicense driverslicence " +
		"driverlicensenumber driverlicencenumber driverslicensenumber driverslicencenumber"},
	{looksPersonal, "client remote source user", true, "ip ipaddress"},
	{looksCard, cardWords, false, "number no num pan accountnumber"},
	{looksCard, "credit debit payment", false, "card"},
	{looksCard, "", true, "primaryaccountnumber pannumber"},
	{looksSecret, cardWords, true, "cav cvc cvn cvv cav2 cvc2 cvn2 cvv2 cavcode cvccode cvncode cvvcode cav2code cvc2code cvn2code cvv2code " +
		"cvcvalue cvvvalue cvcnumber cvvnumber magstripe magneticstripe pinblock encryptedpinblock " +
		"trackdata track1data track2data track1 track2"},
	{looksSecret, cardWords, false, "cid pin pincode pinnumber securitycode securityvalue verificationcode verificationvalue verificationnumber"},
}

// cardWords are what a card is called, as the beginning of a field's name or as the
// name of the object that the field is in.
const cardWords = "card cc creditcard debitcard paymentcard bankcard"

// cardNames mean something among cardholder data only: elsewhere a camera pans, and
// a map has pins.
var cardNames = map[string]string{
	"pan": looksCard, "cid": looksSecret, "pin": looksSecret, "pincode": looksSecret, "securitycode": looksSecret, "track": looksSecret,
}

// suggestions are the names of all groups, with what they suggest.
var suggestions = expand(nameGroups)

// numbered is the noun with each digit behind it.
func numbered(noun string) string {
	var all strings.Builder
	for digit := range 10 {
		all.WriteString(" " + noun + strconv.Itoa(digit))
	}
	return all.String()
}

func expand(groups []nameGroup) map[string]string {
	all := map[string]string{}
	for _, g := range groups {
		prefixes := strings.Fields(g.prefixes)
		if g.bare {
			prefixes = append(prefixes, "")
		}
		for _, prefix := range prefixes {
			for noun := range strings.FieldsSeq(g.nouns) {
				all[prefix+noun] = g.looks
			}
		}
	}
	return all
}

// looks is what the path of a field suggests that it holds, without regard to case,
// - and _, or nothing. A field of a card is one of cardholder data: card.number says
// what cardNumber says.
func looks(path string, cardholder bool) string {
	if brackets := strings.IndexByte(path, '['); brackets >= 0 {
		path = withoutBrackets.Replace(path)
	}
	parent, name := "", path
	if dot := strings.LastIndexByte(path, '.'); dot >= 0 {
		parent, name = path[:dot], path[dot+1:]
	}
	name = bareName(name)
	if cardholder && cardNames[name] != "" {
		return cardNames[name]
	}
	if suggested := suggestions[name]; suggested != "" || parent == "" {
		return suggested
	}
	return suggestedAmong(bareName(parent[strings.LastIndexByte(parent, '.')+1:]), name)
}

// suggestedAmong is what a name suggests in an object that is named after a card.
func suggestedAmong(parent, name string) string {
	if !cardObjects[parent] {
		return ""
	}
	return suggestions["card"+name]
}

var cardObjects = namesOf(cardWords + " cards creditcards debitcards paymentcards bankcards")

func namesOf(words string) map[string]bool {
	names := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		names[word] = true
	}
	return names
}

var (
	withoutBrackets   = strings.NewReplacer("[]", "", "[*]", "")
	withoutSeparators = strings.NewReplacer("-", "", "_", "", " ", "")
)

// bareName is a name in lower case and without separators.
func bareName(name string) string { return withoutSeparators.Replace(strings.ToLower(name)) }
