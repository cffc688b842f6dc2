"""What columns of a bill are called: by FOCUS in each of its versions, and by the files that came before it.

Names are compared in small letters without what separates words, so that `bill_billing_period_start_date`,
`bill/BillingPeriodStartDate` and `BillingPeriodStartDate` need no row each. The first that a file has counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

#: Our name of a column → what it is called: FOCUS 1.0 to 1.4 first, then AWS' and Azure's own columns in FOCUS files,
#: then CUR 2.0 (`line_item_…`), then Azure's cost details. Sources: the FOCUS specification's column library and
#: change log; AWS Data Exports' table dictionary; Azure Cost Management's dataset schema.
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "billed": ("BilledCost", "line_item_unblended_cost", "CostInBillingCurrency", "PreTaxCost", "Cost"),
    "listed": ("ListCost", "pricing_public_on_demand_cost"),
    "currency": ("BillingCurrency", "line_item_currency_code", "BillingCurrencyCode", "Currency"),
    "account": ("BillingAccountId", "bill_payer_account_id", "BillingAccountId"),
    "sub_account": ("SubAccountId", "line_item_usage_account_id", "SubscriptionId", "SubscriptionGuid"),
    "period": ("BillingPeriodStart", "bill_billing_period_start_date", "BillingPeriodStartDate"),
    "since": ("ChargePeriodStart", "line_item_usage_start_date", "Date", "UsageDateTime"),
    "until": ("ChargePeriodEnd", "line_item_usage_end_date"),
    "category": ("ChargeCategory", "line_item_line_item_type", "ChargeType"),
    "class_": ("ChargeClass",),
    "described": ("ChargeDescription", "line_item_line_item_description", "ProductName", "Product"),
    "provider": ("ServiceProviderName", "ProviderName"),
    "publisher": ("PublisherName", "InvoiceIssuerName", "InvoiceIssuer"),
    "service": ("ServiceName", "product_servicename", "line_item_product_code", "MeterCategory", "ConsumedService"),
    "service_category": ("ServiceCategory",),
    "service_subcategory": ("ServiceSubcategory", "MeterSubCategory"),
    "model": ("x_Model",),
    "sku": ("SkuId", "product_sku", "MeterId"),
    "meter": ("SkuMeter", "x_SkuMeterName", "x_UsageType", "line_item_usage_type", "MeterName"),
    "sku_described": ("x_SkuDescription", "x_SkuMeterSubcategory", "product_usagetype"),
    "resource": ("ResourceId", "line_item_resource_id", "InstanceId"),
    "resource_name": ("ResourceName",),
    "region": ("RegionId", "product_region_code", "product_region", "ResourceLocation"),
    "invoice": ("InvoiceId", "bill_invoice_id", "InvoiceNumber"),
    "quantity": ("ConsumedQuantity", "line_item_usage_amount", "Quantity", "UsageQuantity"),
    "unit": ("ConsumedUnit", "pricing_unit", "UnitOfMeasure", "UsageUnit"),
    "priced_quantity": ("PricingQuantity",),
    "priced_unit": ("PricingUnit",),
    "discount": (
        "CommitmentDiscountId",
        "savings_plan_savings_plan_a_r_n",
        "reservation_reservation_a_r_n",
        "BenefitId",
    ),
    "discount_status": ("CommitmentDiscountStatus",),
    "tags": ("Tags", "resource_tags"),
}
#: Without these no line can be made of a row; FOCUS's own names, for people.
NEEDED: Final = {"billed": "BilledCost", "since": "ChargePeriodStart"}
#: What a bill by itself tells, that a record does not keep, stands here no more: EffectiveCost spreads what was paid
#: before over the time it is for, ContractedCost is the price before commitments. See docs/how-to/bills-in.md.


def folded(name: str) -> str:
    """A name without what separates its words, in small letters."""
    return re.sub(r"[^0-9a-z]", "", name.lower())


def found_in(columns: Iterable[str]) -> dict[str, str]:
    """Our names of what a file has, and what the file calls it."""
    by_word: dict[str, str] = {}
    for column in columns:
        by_word.setdefault(folded(column), column)
    return {
        name: by_word[word]
        for name, names in NAMES.items()
        for word in [next((folded(one) for one in names if folded(one) in by_word), "")]
        if word
    }
