# Where data may go without more ado: the EEA, and the countries that the European
# Commission found adequate for all controllers, as known in January 2025. The
# United States are not among them: only certified companies are (see dpf).
package nexus.lib.geography

# Regions are names of AWS, Google Cloud and Azure, or country codes of ISO 3166.
regions := {lower(region) |
	of_event := {region | region := input.event.regions[_]}
	of_channels := {region | region := input.event.channels[_].regions[_]}
	some region in (of_event | of_channels)
}

outside := {region |
	some region in ((regions - eea) - adequate)
	not strings.any_prefix_match(region, prefixes)
}

# Regions in the United States, which an adequacy decision covers for companies that
# are certified under the Data Privacy Framework (dpf).
united_states := {region |
	some region in outside
	strings.any_prefix_match(region, american)
} | ({"us", "usa"} & outside)

# Nobody said where the data goes, or not for each of the channels.
open if count(regions) == 0

open if {
	count(input.event.regions) == 0
	some channel in input.event.channels
	count(channel.regions) == 0
}

eea := {
	"eu", "eea", "at", "be", "bg", "hr", "cy", "cz", "de", "dk", "ee", "es", "fi", "fr", "gr", "hu", "ie", "is",
	"it", "li", "lt", "lu", "lv", "mt", "nl", "no", "pl", "pt", "ro", "se", "si", "sk",
}

adequate := {"ad", "ar", "ca", "ch", "fo", "gb", "gg", "il", "im", "je", "jp", "kr", "nz", "uk", "uy"}

prefixes := [
	# AWS
	"eu-", "eusc-", "ca-central-", "ca-west-", "ap-northeast-", "il-central-",
	# Google Cloud
	"europe-", "northamerica-northeast1", "northamerica-northeast2", "asia-northeast", "me-west1",
	# Azure
	"westeurope", "northeurope", "austria", "belgium", "denmark", "finland", "france", "germany", "greece",
	"italy", "norway", "poland", "spain", "sweden", "switzerland", "uksouth", "ukwest", "canada", "israel",
	"japan", "korea", "newzealand",
]

american := [
	# AWS and Google Cloud
	"us-",
	# Azure
	"eastus", "westus", "centralus", "northcentralus", "southcentralus", "westcentralus", "usgov", "usdod",
]
